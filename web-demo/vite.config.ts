import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The package starts its worker and finds its module by addresses relative to its own file, which
  // pre-bundling would move.
  optimizeDeps: { exclude: ["runlog"] },
  worker: { format: "es" },
  build: {
    target: "es2023",
    // The content security policy admits no script and no font from a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
