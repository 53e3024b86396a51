// Keeps the app for use without a network, and offers its new version once that is there.
import { toast } from "./ui/toast.tsx";

/** Registers the service worker, where there is one: not while developing. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const hadOne = navigator.serviceWorker.controller !== null;
  let isReloading = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!hadOne || isReloading) return;
    isReloading = true;
    location.reload();
  });
  const registration = await navigator.serviceWorker.register("/service-worker.js");
  const offer = () => {
    const { waiting } = registration;
    if (!waiting || !navigator.serviceWorker.controller) return;
    toast({
      text: "A new version of this app is ready.",
      action: { name: "Reload", run: () => waiting.postMessage("activate") },
      stays: true,
    });
  };
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
}
