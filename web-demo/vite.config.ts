import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { compressed, offlineFiles } from "./build-plugins.ts";

export default defineConfig({
  plugins: [react(), offlineFiles(), compressed()],
  // The package starts its worker and finds its module by addresses relative to its own file, which
  // pre-bundling would move.
  optimizeDeps: { exclude: ["runlog"] },
  worker: { format: "es" },
  build: {
    target: "es2023",
    // The content security policy admits no script and no font from a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", "service-worker": "service-worker/service-worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
