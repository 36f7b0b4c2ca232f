// Whether this device shows notifications, and how it comes to: the browser asks its holder after a click, never before.
import { workerAddress } from "../live/fragments.ts";
import { live } from "../live/live.ts";

type State = "plain" | "ready" | "asking" | "on" | "denied" | "install" | "unsupported" | "unreachable" | "many" | "failed";

/** How long a browser may take to reach its service, and ours to answer. */
const PATIENCE_MS = 20_000;

/** The part of the page that tells of this device. */
export class Device {
  readonly #button: HTMLButtonElement;
  readonly #key: string;

  constructor(private readonly place: HTMLElement) {
    this.#key = place.dataset.push ?? "";
    this.#button = place.querySelector("[data-push-activate]") as HTMLButtonElement;
    this.#button.addEventListener("click", () => void this.#activate());
    // What was removed from the list on another page is off here.
    live?.onTakenOver(() => void this.look());
  }

  /** Shows how it stands, and asks nobody anything. */
  async look(): Promise<void> {
    this.#show(await this.#state());
  }

  async #state(): Promise<State> {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
      return needsInstalling() ? "install" : "unsupported";
    }
    if (Notification.permission === "denied") return "denied";
    const registration = await navigator.serviceWorker.getRegistration("/").catch(() => undefined);
    const held = await registration?.pushManager.getSubscription().catch(() => null);
    return held && document.querySelector("[data-push-current]") ? "on" : "ready";
  }

  async #activate(): Promise<void> {
    this.#show("asking");
    const state = await this.#subscribe().catch((): State => "failed");
    this.#show(state, true);
    if (state === "on") live?.refresh();
  }

  async #subscribe(): Promise<State> {
    const permission = await Notification.requestPermission();
    if (permission !== "granted") return permission === "denied" ? "denied" : "ready";
    await navigator.serviceWorker.register(workerAddress());
    const registration = await within(navigator.serviceWorker.ready);
    const held = await registration.pushManager.getSubscription();
    // One that was made with another key is worth nothing.
    if (held && !sameKey(held.options.applicationServerKey, this.#key)) await held.unsubscribe();
    const options = { userVisibleOnly: true, applicationServerKey: this.#key };
    const subscription = await within(registration.pushManager.subscribe(options)).catch(() => undefined);
    if (!subscription) return "unreachable";
    const answer = await fetch("/api/v1/push/devices", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(subscription),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.ok) return "on";
    return ((await answer.json()) as { code?: string }).code === "conflict" ? "many" : "failed";
  }

  #show(state: State, told = false): void {
    let words = "";
    for (const line of this.place.querySelectorAll<HTMLElement>("[data-push-state]")) {
      line.hidden = line.dataset.pushState !== state;
      if (!line.hidden) words = line.textContent ?? "";
    }
    this.#button.hidden = !["ready", "unreachable", "many", "failed"].includes(state);
    const said = this.place.querySelector("[data-push-said]");
    if (said && told) said.textContent = words;
  }
}

/** Phones of Apple show the notifications of installed pages only. */
function needsInstalling(): boolean {
  const { userAgent, maxTouchPoints } = navigator;
  return /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes("Macintosh") && maxTouchPoints > 1);
}

function sameKey(held: ArrayBuffer | null, key: string): boolean {
  const bytes = String.fromCharCode(...new Uint8Array(held ?? new ArrayBuffer(0)));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") === key;
}

/** What may take for ever is given up in time. */
function within<T>(asked: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("late")), PATIENCE_MS));
  return Promise.race([asked, late]);
}
