/**
 * Light or dark: the system's choice until the button is pressed, then the visitor's. A classic script in the head, so
 * that the page is never painted in the wrong one first.
 */
(() => {
  const KEY = "hls-swarm-demo-theme";
  const root = document.documentElement;
  const wanted = localStorage.getItem(KEY);
  if (wanted === "light" || wanted === "dark") root.style.colorScheme = wanted;
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      const next = (root.style.colorScheme || system) === "dark" ? "light" : "dark";
      root.style.colorScheme = next;
      localStorage.setItem(KEY, next);
    });
  });
})();
