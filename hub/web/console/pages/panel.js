// A page that an integration brings: a module of its own, drawn within the console's frame.

import { Component, html, useEffect, useState } from "../ui.js";
import { Empty, Head, Trouble } from "../parts/common.js";
import { t, titleOf } from "../words/index.js";

export default function Panel({ rest, me, places }) {
  const [name, ...further] = rest.split("/");
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const panel = me.panels.find((one) => one.name === name);
  useEffect(() => {
    if (panel) import(`/console/panels/${encodeURIComponent(name)}.js`).then((module) => setFound(() => module.default), setError);
  }, [name]);
  if (!panel) return html`<${Head} title=${t("nothing")} /><div class="card"><${Empty} icon="search" title=${t("nothing")}></${Empty}></div>`;
  const title = titleOf(name, panel.titles);
  if (error) return html`<${Head} title=${title} /><${Trouble} error=${{ title: t("problem.part"), detail: error.message }} again=${() => location.reload()} />`;
  if (!found) return html`<${Head} title=${title} /><div class="skeleton" aria-busy="true"></div>`;
  const Found = found;
  return html`<${Head} title=${title} /><${Fence} key=${name}><${Found} me=${me} rest=${further.join("/")} places=${places} /></${Fence}>`;
}

/** What fails within a guest's page stays within it. */
class Fence extends Component {
  componentDidCatch(error) {
    this.setState({ error });
  }
  render({ children }, { error }) {
    return error ? html`<${Trouble} error=${{ title: t("problem.part"), detail: error.message }} />` : children;
  }
}
