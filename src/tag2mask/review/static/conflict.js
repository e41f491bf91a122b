// Two tabs, or two people, have changed one mask: the one that saves later chooses.

// Resolves when `mine` or `theirs` has been chosen and called.
export function choose(mine, theirs) {
  const box = document.getElementById("conflict");
  return new Promise((resolve) => {
    for (const [id, act] of [["mine", mine], ["theirs", theirs]]) {
      document.getElementById(id).onclick = () => {
        box.close();
        resolve();
        act();
      };
    }
    box.oncancel = (event) => event.preventDefault();
    box.showModal();
  });
}
