"""A Kafka cluster as its monitoring sees it: the metrics that kafka_exporter serves, with faults. There is no Kafka in it."""
