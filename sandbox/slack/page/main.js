/* Starts the page. */

import { Page } from "./page.js";

new Page(document.getElementById("page")).start();
