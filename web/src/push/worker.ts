// What the browser runs for us while no page is open: it shows what is pushed, leads to it, and subscribes anew where the
// browser's service asks for it. It keeps no page and answers no request.

/** What is pushed: made by the server, and encrypted for this browser. */
interface Pushed {
  title: string;
  body: string;
  url: string;
  tag: string;
  /** How much one has not seen; null where that is not said. */
  unseen: number | null;
}

interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface PushedEvent extends WaitingEvent {
  data: { json(): unknown } | null;
}

interface ClickedEvent extends WaitingEvent {
  notification: Notification;
}

interface ChangedEvent extends WaitingEvent {
  oldSubscription?: PushSubscription | null;
  newSubscription?: PushSubscription | null;
}

interface Tab {
  url: string;
  focus(): Promise<unknown>;
}

interface Worker {
  registration: ServiceWorkerRegistration;
  navigator: Navigator;
  location: Location;
  clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<Tab[]>;
    openWindow(address: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install", told: (event: WaitingEvent) => void): void;
  addEventListener(name: "push", told: (event: PushedEvent) => void): void;
  addEventListener(name: "notificationclick", told: (event: ClickedEvent) => void): void;
  addEventListener(name: "pushsubscriptionchange", told: (event: ChangedEvent) => void): void;
}

const worker = globalThis as unknown as Worker;

// It holds nothing that an older one could have promised to a page.
worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));

worker.addEventListener("push", (event) => {
  const pushed = event.data?.json() as Pushed | undefined;
  if (pushed) event.waitUntil(Promise.all([show(pushed), count(pushed.unseen)]));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead((event.notification.data as { url: string }).url));
});

worker.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribe(event)));

/** The same thing, sent again since its answer was lost, replaces itself. */
function show({ title, body, url, tag }: Pushed): Promise<void> {
  return worker.registration.showNotification(title, { body, tag, data: { url } });
}

/** The number on the icon of an installed page, where there is one. */
async function count(unseen: number | null): Promise<void> {
  if (unseen !== null) await worker.navigator.setAppBadge?.(unseen).catch(() => undefined);
}

/** To the tab that shows it, or to a new one. */
async function lead(url: string): Promise<void> {
  // The address is the server's: it leads nowhere but to its own pages.
  const wanted = new URL(url, worker.location.origin);
  if (wanted.origin !== worker.location.origin) return;
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = tabs.find((tab) => new URL(tab.url).pathname === wanted.pathname);
  await (open ? open.focus() : worker.clients.openWindow(wanted.href));
}

async function subscribe({ oldSubscription, newSubscription }: ChangedEvent): Promise<void> {
  const key = oldSubscription?.options.applicationServerKey ?? (await offered());
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const subscription = newSubscription ?? (await worker.registration.pushManager.subscribe(options));
  await fetch("/api/v1/push/devices", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(subscription),
  });
}

async function offered(): Promise<string> {
  const answer = await fetch("/api/v1/push/key");
  return ((await answer.json()) as { key: string }).key;
}
