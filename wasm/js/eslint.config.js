import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["dist", "generated", "api.d.ts"]),
  {
    files: ["src/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in texts say what they are.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => void work()` says that nobody waits for it.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreVoidOperator: true, ignoreArrowShorthand: true }],
      // It takes no account of what changes a field during an await.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // A record cannot name its keys.
      "@typescript-eslint/consistent-indexed-object-style": "off",
      // The type of an answer is given by whoever asks.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // TypeScript itself asks for brackets where a type has no such name.
      "@typescript-eslint/dot-notation": "off",
    },
  },
);
