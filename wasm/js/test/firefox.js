// Firefox, driven by WebDriver: a stock one, with a profile of its own.
import { Browser, Builder } from "selenium-webdriver";
import logInspector from "selenium-webdriver/bidi/logInspector.js";
import firefox from "selenium-webdriver/firefox.js";

/** How long a script may take, in milliseconds. */
const SCRIPT_MS_MAX = 60_000;

/** Starts Firefox without a window to be seen; `problems` gathers what its pages complain about. */
export async function startFirefox({ isPrivate = false } = {}) {
  const options = new firefox.Options().setBinary(process.env.FIREFOX ?? "/usr/bin/firefox-esr").addArguments("-headless").enableBidi();
  options.setPreference("intl.accept_languages", "en-GB");
  if (isPrivate) options.setPreference("browser.privatebrowsing.autostart", true);
  const service = new firefox.ServiceBuilder(process.env.GECKODRIVER ?? "geckodriver");
  const driver = await new Builder().forBrowser(Browser.FIREFOX).setFirefoxOptions(options).setFirefoxService(service).build();
  await driver.manage().setTimeouts({ script: SCRIPT_MS_MAX });
  const problems = [];
  const inspector = await logInspector(driver);
  await inspector.onLog(({ level, text }) => {
    if (level === "error" || level === "warn") problems.push(text);
  });
  return { driver, problems, close: () => driver.quit() };
}

/** Runs an asynchronous function in the page and gives what it resolves with; what it throws is thrown. */
export async function evaluate(driver, work, ...args) {
  const { value, error } = await driver.executeAsyncScript(
    `const done = arguments[arguments.length - 1];
     (async () => (${work})(...arguments[0]))().then((value) => done({ value }), (error) => done({ error: String(error) }));`,
    args,
  );
  if (error !== undefined) throw new Error(error);
  return value;
}
