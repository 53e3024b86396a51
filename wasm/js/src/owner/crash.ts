import { RunlogError } from "../errors.js";

/**
 * What a trap of the module is to those who wait: memory ran out, or the module has a defect. It was in the
 * middle of something, so nothing may be asked of it any more. `undefined` for every other error.
 */
export function crashOf(error: unknown): RunlogError | undefined {
  if (!(error instanceof WebAssembly.RuntimeError)) return undefined;
  const text = `Runlog stopped, for want of memory or by a defect (${error.message}): reload the page; what was confirmed as durable is stored`;
  return new RunlogError("crashed", text);
}

/** The same object; whoever watches is told if one of its methods ends in a trap. */
export function watched<T extends object>(target: T, oncrash: (crash: RunlogError) => void): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name, object);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        try {
          return Reflect.apply(member, object, args);
        } catch (error) {
          const crash = crashOf(error);
          if (crash) oncrash(crash);
          throw crash ?? error;
        }
      };
    },
  });
}
