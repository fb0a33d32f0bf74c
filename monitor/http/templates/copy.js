for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const words = document.getElementById(button.dataset.copy);
    words.select();
    try {
      await navigator.clipboard.writeText(words.value);
    } catch {
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  });
}
