/**
 * Keyboard shortcuts. An element with data-key="j", "mod+enter" or "mod+k /" is pressed by that key or by
 * either of those; a text field with
 * data-key is focused. The list of keys lives in frontend/shortcuts.py.
 *
 * Nothing happens while someone types or composes Chinese, except for function keys, Escape and Ctrl combinations;
 * never with Alt, which belongs to Windows menus.
 */

const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox])";

export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

export function isTyping(event) {
  return event.target instanceof Element && event.target.closest(TYPING) !== null;
}

export function singleKeysOff() {
  return document.body.dataset.shortcuts === "off";
}

function combination(event) {
  return (event.ctrlKey || event.metaKey ? "mod+" : "") + event.key.toLowerCase();
}

function isFunctionKey(event) {
  return /^F\d+$/.test(event.key);
}

/** The element for a key: in the open dialog if there is one, and only if it can be seen and used. */
function holderOf(combo) {
  const room = document.querySelector("dialog[open]") ?? document;
  return [...room.querySelectorAll(`[data-key~="${CSS.escape(combo)}"]`)].find(
    (element) => !element.disabled && !element.closest("fieldset:disabled"),
  );
}

function press(element) {
  if (element.matches(TYPING)) {
    element.focus();
  } else {
    element.click();
  }
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isComposing(event) || event.altKey) return;
    const plain = !event.ctrlKey && !event.metaKey && !isFunctionKey(event) && event.key !== "Escape";
    if (plain && (isTyping(event) || singleKeysOff())) return;
    const element = holderOf(combination(event));
    if (!element) return;
    event.preventDefault();
    press(element);
  });
}
