"""What the bot costs, held against a floor that is measured in the same run: absolute figures move with the machine."""
