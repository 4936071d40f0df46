// Sends the file of the form with its progress, and puts the answer into this page. Without it the form does the same.
"use strict";
(() => {
  const form = document.getElementById("check");
  const input = document.getElementById("file");
  const cancel = document.getElementById("cancel");
  const bar = document.getElementById("bar");
  const progress = document.getElementById("progress");
  const live = document.getElementById("live");
  const submit = form.querySelector("button[type=submit]");
  let request = null;

  const say = (words) => { live.textContent = words; };
  const busy = (on) => {
    submit.disabled = on;
    cancel.hidden = progress.hidden = !on;
    form.setAttribute("aria-busy", String(on));
  };
  const end = (words) => {
    const hadFocus = document.activeElement === cancel;
    request = null;
    busy(false);
    say(words);
    if (hadFocus) submit.focus();
  };
  const show = (page) => {
    const fresh = page && page.getElementById("result");
    if (!fresh) return end(form.dataset.failed);
    document.getElementById("result").replaceWith(document.adoptNode(fresh));
    end("");
    const answer = document.getElementById("answer");
    if (answer) { answer.focus(); answer.scrollIntoView({ block: "start" }); }
  };

  const send = () => {
    if (request || !input.files.length) return;
    if (input.files[0].size > Number(form.dataset.limit)) return say(form.dataset.large);
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    let told = -1;
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      const share = Math.floor(100 * event.loaded / event.total);
      bar.value = share;
      const step = Math.floor(share / 25);
      if (step > told) { told = step; say(`${form.dataset.uploading}: ${share} %`); }
    };
    request.upload.onload = () => { bar.removeAttribute("value"); say(form.dataset.checking); };
    request.onload = () => show(request.response);
    request.onerror = () => end(form.dataset.failed);
    request.onabort = () => end(form.dataset.cancelled);
    bar.value = 0;
    busy(true);
    say(form.dataset.uploading);
    request.send(new FormData(form));
  };

  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  cancel.addEventListener("click", () => { if (request) request.abort(); });
  for (const kind of ["dragenter", "dragover"]) form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (request) return;
    if (event.dataTransfer.files.length !== 1) return say(form.dataset.several);
    input.files = event.dataTransfer.files;
    send();
  });
})();
