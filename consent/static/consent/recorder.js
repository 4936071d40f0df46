// Record the steps of an enrolment in the browser: camera, prompts one after another, a look, then off it goes.
//
// The page has every word (consent/portal/recording.py). Recording is MP4 or not at all, for the server takes nothing
// else. Whatever was filmed is held in this page's memory, and nowhere once it was sent, discarded or left.

const TYPES = [
  "video/mp4;codecs=avc1.42E01F,mp4a.40.2", // Safari, and Chrome where it has AAC
  "video/mp4;codecs=avc1.42E01F,opus",
  "video/mp4;codecs=vp9,opus",
];
const BITS = 2_500_000; // a second; half a minute stays far below what is taken
const TICK = 100; // milliseconds
const CAMERA = {
  video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  audio: true,
};
const CAUSES = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "absent",
  OverconstrainedError: "absent",
  NotReadableError: "busy",
  AbortError: "busy",
};

const root = document.querySelector("[data-recorder]");
const plan = JSON.parse(document.getElementById("recorder-plan").textContent);
const form = document.querySelector("form[data-clip]");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const [live, played, said, sign, bar, alert_] = ["live", "played", "said", "sign", "bar", "alert"].map(part);

let stream = null;
let recorder = null;
let clip = null;
let sending = null;
let address = "";
let timer = 0;

function show(state) {
  root.dataset.state = state;
  for (const each of root.querySelectorAll("[data-in]")) each.hidden = !each.dataset.in.split(" ").includes(state);
}

function say(words, { lang = document.documentElement.lang } = {}) {
  said.lang = lang;
  said.textContent = words;
}

function complain(words) {
  alert_.querySelector("p").textContent = words;
  alert_.hidden = false;
  alert_.focus();
}

function cause() {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return "unsupported";
  if (!TYPES.some((type) => MediaRecorder.isTypeSupported(type))) return "webm";
  return "";
}

function shut() {
  clearInterval(timer);
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
  stream = live.srcObject = null;
}

function discard() {
  if (recorder && recorder.state !== "inactive") {
    recorder.ondataavailable = recorder.onstop = null;
    recorder.stop();
  }
  recorder = clip = null;
  played.removeAttribute("src");
  played.load();
  if (address) URL.revokeObjectURL(address);
  address = "";
}

function fail(error) {
  shut();
  discard();
  const name = typeof error === "string" ? error : (CAUSES[error?.name] ?? "other");
  show("begin");
  say("");
  complain(plan.words[name]);
  document.querySelector("[data-otherwise]").open = true;
}

async function open() {
  alert_.hidden = true;
  shut();
  discard();
  sign.textContent = "";
  say(plan.words.asking);
  show("asking");
  try {
    stream = await navigator.mediaDevices.getUserMedia(CAMERA);
    if (root.dataset.state !== "asking") return shut(); // left meanwhile
    for (const track of stream.getTracks()) track.onended = () => fail("gone");
    live.srcObject = stream;
    await live.play();
    show("ready");
    say(plan.words.ready);
    part("start").focus();
  } catch (error) {
    fail(error);
  }
}

// Count three seconds down, record, and lead through the prompts; the last one ends the recording.
function start() {
  show("count");
  say(plan.words.count);
  let left = 3;
  sign.textContent = String(left);
  timer = setInterval(() => {
    left -= 1;
    sign.textContent = left ? String(left) : "";
    if (left === 0) record();
  }, 1000);
}

function record() {
  clearInterval(timer);
  const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
  const parts = [];
  try {
    recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: BITS });
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onerror = (event) => fail(event.error);
    const began = performance.now();
    recorder.onstop = () => made(new Blob(parts, { type: "video/mp4" }), (performance.now() - began) / 1000);
    recorder.start();
    show("recording");
    lead(began);
  } catch (error) {
    fail(error);
  }
}

function lead(began) {
  let shown = -1;
  const ends = [];
  for (const prompt of plan.prompts) ends.push((ends.at(-1) ?? 0) + prompt.seconds);
  const step = () => {
    const past = (performance.now() - began) / 1000;
    const now = ends.findIndex((end) => past < end);
    if (now < 0 || past > plan.longest) return finish();
    const prompt = plan.prompts[now];
    bar.value = 1 - (ends[now] - past) / prompt.seconds;
    if (now === shown) return;
    shown = now;
    sign.textContent = prompt.sign ?? "";
    if (prompt.say) say(prompt.say, { lang: plan.language });
    else say(plan.words[prompt.word]);
  };
  step();
  timer = setInterval(step, TICK);
}

function finish() {
  clearInterval(timer);
  if (recorder?.state === "recording") recorder.stop();
}

function made(blob, seconds) {
  shut();
  sign.textContent = "";
  if (seconds < plan.shortest) return fail("short");
  clip = blob;
  address = URL.createObjectURL(blob);
  played.src = address;
  show("made");
  say(plan.words.made);
  part("send").focus();
}

function send() {
  alert_.hidden = true;
  const body = new FormData(form);
  body.set("clip", clip, "recording.mp4");
  sending = new XMLHttpRequest();
  let spoken = 0;
  sending.upload.onprogress = ({ lengthComputable, loaded, total }) => {
    if (!lengthComputable) return;
    bar.value = loaded / total;
    const quarter = Math.floor((4 * loaded) / total);
    if (quarter > spoken && quarter < 4) say(`${25 * quarter} % ${plan.words.part}`);
    spoken = Math.max(spoken, quarter);
  };
  sending.upload.onload = () => say(plan.words.judging);
  sending.onload = () => answered(sending);
  sending.onerror = () => unsent("lost");
  sending.onabort = () => unsent("stopped");
  sending.responseType = "json";
  sending.open("POST", form.action);
  sending.setRequestHeader("X-Requested-With", "recorder");
  bar.value = 0;
  show("sending");
  say(plan.words.sending);
  sending.send(body);
}

function answered({ status, response }) {
  sending = null;
  if (status === 200 && response?.next) {
    discard();
    window.location.assign(response.next);
  } else if (status === 422 && response?.said) {
    show("made");
    say("");
    complain(response.said);
  } else {
    unsent("lost");
  }
}

function unsent(word) {
  sending = null;
  if (!clip) return; // the page is being left
  show("made");
  say("");
  complain(plan.words[word]);
}

function leave() {
  sending?.abort();
  shut();
  discard();
}

if (root && form) {
  const why = cause();
  root.hidden = false;
  show("begin");
  if (why) {
    part("open").hidden = true;
    alert_.querySelector("p").textContent = plan.words[why];
    alert_.hidden = false;
  } else {
    if (!form.querySelector(".error")) document.querySelector("[data-otherwise]").open = false;
    for (const [name, act] of Object.entries({ open, start, finish, send })) part(name).addEventListener("click", act);
    for (const each of root.querySelectorAll('[data-part="again"]')) each.addEventListener("click", open);
    part("cancel").addEventListener("click", () => sending?.abort());
  }
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
}
