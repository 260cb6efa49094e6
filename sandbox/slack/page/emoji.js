/* Short codes of emoji that people and apps use in deployments; an unknown one stays as it was typed. */

const PLAIN = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|ok_hand 👌|wave 👋|clap 👏|pray 🙏|raised_hands 🙌|muscle 💪|point_right 👉|point_up ☝️|point_down 👇|eyes 👀|brain 🧠
smile 😄|smiley 😃|grinning 😀|slightly_smiling_face 🙂|wink 😉|joy 😂|sweat_smile 😅|thinking_face 🤔|thinking 🤔|neutral_face 😐|worried 😟|cry 😢|sob 😭|scream 😱|sunglasses 😎|relieved 😌|sleeping 😴|face_with_thermometer 🤒|nauseated_face 🤢|partying_face 🥳|saluting_face 🫡|facepalm 🤦|shrug 🤷
heart ❤️|broken_heart 💔|fire 🔥|sparkles ✨|star ⭐|star2 🌟|zap ⚡|boom 💥|100 💯|tada 🎉|confetti_ball 🎊|trophy 🏆|medal 🏅|gift 🎁|balloon 🎈
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|heavy_multiplication_x ✖️|heavy_plus_sign ➕|heavy_minus_sign ➖|exclamation ❗|heavy_exclamation_mark ❗|grey_exclamation ❕|question ❓|grey_question ❔|bangbang ‼️|interrobang ⁉️|warning ⚠️|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|stop_sign 🛑|construction 🚧|rotating_light 🚨|sos 🆘|information_source ℹ️|recycle ♻️|new 🆕|ok 🆗|up 🆙|soon 🔜
red_circle 🔴|large_orange_circle 🟠|orange_circle 🟠|large_yellow_circle 🟡|yellow_circle 🟡|large_green_circle 🟢|green_circle 🟢|large_blue_circle 🔵|blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_red_square 🟥|large_green_square 🟩|large_yellow_square 🟨|white_large_square ⬜|black_large_square ⬛|radio_button 🔘|white_square_button 🔳
rocket 🚀|ship 🚢|anchor ⚓|boat ⛵|sailboat ⛵|compass 🧭|captain 🧑‍✈️|helicopter 🚁|airplane ✈️|train 🚆|truck 🚚|car 🚗|ambulance 🚑|fire_engine 🚒|traffic_light 🚥|vertical_traffic_light 🚦|checkered_flag 🏁|triangular_flag_on_post 🚩|white_flag 🏳️|crossed_flags 🎌
bird 🐦|hatching_chick 🐣|baby_chick 🐤|chicken 🐔|duck 🦆|owl 🦉|parrot 🦜|whale 🐳|dolphin 🐬|snail 🐌|turtle 🐢|bug 🐛|ladybug 🐞|ant 🐜|bee 🐝|spider 🕷️|cat 🐱|dog 🐶|robot_face 🤖|robot 🤖|ghost 👻|alien 👽|skull 💀
clock1 🕐|clock3 🕒|clock6 🕕|clock9 🕘|clock12 🕛|watch ⌚|alarm_clock ⏰|stopwatch ⏱️|timer_clock ⏲️|hourglass ⌛|hourglass_flowing_sand ⏳|calendar 📅|date 📅|spiral_calendar_pad 🗓️
arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrow_forward ▶️|arrow_backward ◀️|arrow_up_down ↕️|left_right_arrow ↔️|leftwards_arrow_with_hook ↩️|rewind ⏪|fast_forward ⏩|black_right_pointing_double_triangle_with_vertical_bar ⏭️|double_vertical_bar ⏸️|pause_button ⏸️|black_square_for_stop ⏹️|record_button ⏺️|repeat 🔁|arrows_counterclockwise 🔄|arrows_clockwise 🔃
bell 🔔|no_bell 🔕|loudspeaker 📢|mega 📣|telephone_receiver 📞|phone ☎️|pager 📟|speech_balloon 💬|thought_balloon 💭|email 📧|envelope ✉️|inbox_tray 📥|outbox_tray 📤|incoming_envelope 📨
lock 🔒|unlock 🔓|closed_lock_with_key 🔐|key 🔑|shield 🛡️|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|bookmark_tabs 📑|bookmark 🔖|books 📚|book 📖|notebook 📓|pushpin 📌|round_pushpin 📍|paperclip 📎|link 🔗|scissors ✂️|file_folder 📁|open_file_folder 📂|package 📦|label 🏷️|mag 🔍|mag_right 🔎|bulb 💡|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|gear ⚙️|nut_and_bolt 🔩|test_tube 🧪|microscope 🔬|telescope 🔭|thermometer 🌡️|stethoscope 🩺|pill 💊|syringe 💉|computer 💻|desktop_computer 🖥️|floppy_disk 💾|cd 💿|electric_plug 🔌|battery 🔋|satellite_antenna 📡
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|moneybag 💰|scales ⚖️|ticket 🎫|dart 🎯|game_die 🎲|jigsaw 🧩|coffee ☕|tea 🍵|pizza 🍕|cake 🍰|beers 🍻|sunny ☀️|cloud ☁️|rain_cloud 🌧️|thunder_cloud_and_rain ⛈️|snowflake ❄️|umbrella ☔|rainbow 🌈|ocean 🌊|crescent_moon 🌙|earth_asia 🌏|house 🏠|office 🏢|factory 🏭|hospital 🏥
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|keycap_ten 🔟|zero 0️⃣|bust_in_silhouette 👤|busts_in_silhouette 👥|technologist 🧑‍💻|detective 🕵️|firefighter 🧑‍🚒|doctor 🧑‍⚕️`;

const TABLE = new Map(
  PLAIN.trim().split(/[\n|]/).map((entry) => {
    const cut = entry.lastIndexOf(" ");
    return [entry.slice(0, cut), entry.slice(cut + 1)];
  }),
);

/** emoji("rocket") -> "🚀", emoji("nobody-knows") -> null. Skin tones (":wave::skin-tone-2:") are dropped. */
export function emoji(name) {
  return TABLE.get(name.split("::")[0]) || null;
}
