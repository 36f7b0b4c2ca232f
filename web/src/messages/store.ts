// Where what is not sent yet is kept: in the browser's database, so that no reload and no crash loses it; from memory
// where the browser refuses one.

/** A file that is on the server, and goes with a message. */
export interface Attached {
  id: string;
  name: string;
  size: number;
}

/** A message on its way. Its id is made here, so that sending it again stores nothing twice. */
export interface Waiting {
  id: string;
  /** The files that go with it, which are on the server already. */
  attachments?: Attached[];
  /** Whose it is: another person who signs in with this browser does not send it. */
  person: string;
  thread: string;
  body: string;
  /** When it was last asked to be sent, in milliseconds. */
  at: number;
  /** Why it is not sent without being asked for again; empty when it only waited for too long. */
  failed?: string;
  /** Its place in the order of writing, given by the store. */
  order?: number;
}

/** What keeps them. */
export interface Store {
  /** All, the oldest first. */
  all(): Promise<Waiting[]>;
  /** Keeps one, or what has changed of it. */
  put(waiting: Waiting): Promise<void>;
  remove(waiting: Waiting): Promise<void>;
}

const NAME = "outbox";

/** The browser's database. */
export async function disk(): Promise<Store> {
  const opening = indexedDB.open("preau", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(NAME, { keyPath: "order", autoIncrement: true });
  const database = await settled(opening);
  // Another tab may empty it, or bring it to a later version.
  database.onversionchange = () => database.close();
  const store = (mode: IDBTransactionMode) => database.transaction(NAME, mode, { durability: "strict" }).objectStore(NAME);
  return {
    all: () => settled(store("readonly").getAll() as IDBRequest<Waiting[]>),
    put: async (waiting) => {
      waiting.order = Number(await committed(store("readwrite"), (kept) => kept.put(waiting)));
    },
    remove: async ({ order }) => {
      if (order !== undefined) await committed(store("readwrite"), (kept) => kept.delete(order));
    },
  };
}

/** Only as long as the page. */
export function memory(): Store {
  let kept: Waiting[] = [];
  return {
    all: async () => [...kept],
    put: async (waiting) => {
      if (!kept.some(({ id }) => id === waiting.id)) kept.push(waiting);
      else kept = kept.map((known) => (known.id === waiting.id ? waiting : known));
    },
    remove: async ({ id }) => {
      kept = kept.filter((known) => known.id !== id);
    },
  };
}

/** The database as long as it works. What it refuses holds as long as the page: a change that is kept in memory counts
 * more than the older copy on the disk, and what was removed does not come back. */
export function either(opened: Promise<Store>): Store {
  const first = opened.catch(memory);
  const spare = memory();
  const removed = new Set<string>();
  return {
    all: async () => {
      const [kept, held] = await Promise.all([first.then((store) => store.all()).catch(() => []), spare.all()]);
      const changed = kept.map((known) => held.find(({ id }) => id === known.id) ?? known);
      return inOrder(changed, held.filter(({ id }) => kept.every((known) => known.id !== id))).filter(({ id }) => !removed.has(id));
    },
    put: async (waiting) => {
      removed.delete(waiting.id);
      await (await first).put(waiting).then(() => spare.remove(waiting), () => spare.put(waiting));
    },
    remove: async (waiting) => {
      removed.add(waiting.id);
      await spare.remove(waiting);
      // What stays on the disk is the next page's: the same id tells it whether it was stored.
      await first.then((store) => store.remove(waiting)).catch(() => undefined);
    },
  };
}

/** What the disk took and what it did not, each in its order of writing, as one list. */
function inOrder(kept: Waiting[], held: Waiting[]): Waiting[] {
  const all = [...kept];
  for (const waiting of held) {
    const later = all.findIndex(({ at }) => at > waiting.at);
    all.splice(later < 0 ? all.length : later, 0, waiting);
  }
  return all;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** What a request answers, once its transaction is on the disk. */
function committed<T>(store: IDBObjectStore, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = ask(store);
    store.transaction.oncomplete = () => resolve(request.result);
    store.transaction.onabort = store.transaction.onerror = () => reject(store.transaction.error);
  });
}
