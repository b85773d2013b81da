/** Boots every page. Listeners sit on the document, so that swapped-in parts need no set-up of their own. */

import { startKeys } from "./keys.js";
import { startDialogs } from "./dialogs.js";
import { startTheme } from "./theme.js";
import { startTimers } from "./timers.js";
import { startRequests } from "./requests.js";
import { startSession } from "./session.js";
import { startAutosave } from "./autosave.js";
import { startWorkbench } from "./workbench.js";
import { startTimeline } from "./timeline.js";
import { startHandover } from "./handover.js";
import { startPalette } from "./palette.js";
import { startDrop } from "./drop.js";
import { startTry } from "./try.js";
import { startChoosing } from "./choose.js";
import { startPrinting } from "./print.js";
import { startLinting } from "./lint.js";
import { startRetry } from "./retry.js";

startRequests();
startKeys();
startDialogs();
startTheme();
startTimers();
startSession();
startAutosave(); // before the workbench, which counts the answers that autosave puts back
startWorkbench();
startTimeline();
startHandover();
startPalette();
startDrop();
startTry();
startChoosing();
startPrinting();
startLinting();
startRetry();

/* From here on scripts are at work: the stylesheet may hide what only they replace, and tests may begin. */
document.documentElement.dataset.ready = "";
