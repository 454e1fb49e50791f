// The token stays in this browser, for this port; the address that opened the page has no ticket any more.
const said = (name) => document.querySelector(`meta[name=${name}]`).content;
localStorage.setItem("hotlog-token", said("token"));
location.replace(said("start"));
