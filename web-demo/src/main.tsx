import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/runs.css";
import "./styles/run.css";
import "./styles/log.css";
import "./styles/timeline.css";
import "./styles/panels.css";
import "./styles/sync.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App.tsx";
import { Opening } from "./history.tsx";
import { keepOffline } from "./offline.ts";
import { applyTheme } from "./theme.ts";

applyTheme();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Opening>
        <App />
      </Opening>
    </StrictMode>,
  );
}

// The app works without it; it only does not open without a network.
keepOffline().catch((error: unknown) => console.warn("the app is not kept for offline use:", error));
