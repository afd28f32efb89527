import { escapeHtml } from "./escape-html.ts";

/** The frame of a report: one page without script, readable as it is printed. */
export function page(title: string, heading: string, sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(heading)}</h1>
<p class="lead">Made by the code and the policies of the real programs, with people who do not exist or whose answer is
known. It says nothing about anybody.</p>
${sections.filter((each) => each !== "").join("\n")}
</main>
</body>
</html>
`;
}

export function section(title: string, html: string): string {
  return `<section><h2>${title}</h2>\n${html}\n</section>`;
}

export function figure(svg: string): string {
  return `<figure>${svg}</figure>`;
}

export function details(summary: string, html: string): string {
  return `<details><summary>${summary}</summary>${html}</details>`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headings = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join("");
  const body = rows.map(([name = "", ...cells]) => {
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${headings}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

const STYLE = `
body{margin:0;background:#fff;color:#0b0c0c;font:16px/1.5 Helvetica,Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:2rem;line-height:1.2}h2{font-size:1.4rem;margin:2.5rem 0 .75rem}
.lead{color:#505a5f;max-width:44rem}
pre{background:#f3f2f1;padding:1rem;overflow-x:auto;font-size:.875rem;line-height:1.35}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0 1rem}
th,td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid #b1b4b6;text-align:right;font-variant-numeric:tabular-nums}
th[scope=row]{text-align:left;font-weight:normal}thead th{font-weight:bold}
figure{margin:1rem 0;overflow-x:auto}svg{max-width:100%;height:auto}
summary{cursor:pointer;color:#1d70b8;margin:.5rem 0}summary:focus-visible{outline:3px solid #fd0;color:#0b0c0c}`;
