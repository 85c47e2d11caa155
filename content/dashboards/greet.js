// @ts-check
// What Python changes before the page can hear of it is lost: a notebook shows a view first and connects it then. So
// each part says what it shows once it is drawn, until Python has answered, with what is missing.

const FIRST = 200; // ms
const TRIES = 8; // each twice as long after the one before: a kernel may be busy

/**
 * @param {{send_msg: (message: object) => void, on: (name: string, heard: (answer: any) => void) => void}} model
 * @param {() => unknown} shown
 * @param {(missed: any) => void} take
 */
export function greet(model, shown, take) {
  let answered = false;
  model.on('msg:custom', (answer) => {
    answered = true;
    if (answer.missed) take(answer.missed);
  });
  const say = (/** @type {number} */ tries, /** @type {number} */ pause) => {
    if (answered || !tries) return;
    model.send_msg({act: 'greet', shown: shown()});
    window.setTimeout(say, pause, tries - 1, 2 * pause);
  };
  window.setTimeout(say, 0, TRIES, FIRST);
}
