import { afterEach, describe, expect, test } from "vitest";
import type { Bus } from "../src/tracker-server/io/bus.ts";

/** What every Bus must do, whatever carries it. `open` gives another process's end of the same engine. */
export function busContract(name: string, open: () => Promise<Bus>): void {
  describe(name, () => {
    const opened: Bus[] = [];
    const openAnother = async (): Promise<Bus> => {
      const bus = await open();
      opened.push(bus);
      return bus;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
    });

    test("brings a message to everybody on its channel, its sender included, byte for byte", async () => {
      const [one, two] = [await openAnother(), await openAnother()];
      const [here, there] = [await listen(one, "a"), await listen(two, "a")];
      const message = Buffer.from([0, 255, 10, 13, 0]);
      await one.publish("a", message);
      expect(await here.next()).toEqual(message);
      expect(await there.next()).toEqual(message);
    });

    test("keeps channels apart, and messages of one sender on one channel in order", async () => {
      const [one, two] = [await openAnother(), await openAnother()];
      const [a, b] = [await listen(two, "a"), await listen(two, "b:c")];
      const sent = Array.from({ length: 100 }, (_, i) => one.publish(i % 2 ? "a" : "b:c", Buffer.from([i])));
      for (let i = 0; i < 100; i++) expect(await (i % 2 ? a : b).next()).toEqual(Buffer.from([i]));
      await Promise.all(sent);
    });

    test("carries messages of 256 KiB, and empty ones", async () => {
      const bus = await openAnother();
      const inbox = await listen(bus, "a");
      await bus.publish("a", Buffer.alloc(256 * 1024, 7));
      await bus.publish("a", Buffer.alloc(0));
      expect((await inbox.next()).equals(Buffer.alloc(256 * 1024, 7))).toBe(true);
      expect(await inbox.next()).toHaveLength(0);
    });

    test("brings nothing once it is unsubscribed, and everything when it is subscribed again", async () => {
      const bus = await openAnother();
      const [a, end] = [await listen(bus, "a"), await listen(bus, "end")];
      bus.unsubscribe("a");
      await flush(bus, end);
      await bus.publish("a", Buffer.from("unheard"));
      await flush(bus, end);
      expect(a.unread()).toBe(0);
      const again = await listen(bus, "a");
      await bus.publish("a", Buffer.from("heard"));
      expect((await again.next()).toString()).toBe("heard");
    });

    test("keeps its subscriptions when it is renewed", async () => {
      const bus = await openAnother();
      const inboxes = [await listen(bus, "a"), await listen(bus, "b")];
      bus.renew();
      for (const inbox of inboxes) await inbox.isHeard();
    });
  });
}

/** What comes on a channel, in order, but for the probes of those who want to know whether they are heard. */
export async function listen(bus: Bus, channel: string) {
  const messages: Buffer[] = [];
  let probes = 0;
  let wake = (): void => undefined;
  bus.subscribe(channel, (message) => {
    if (message.equals(PROBE)) probes++;
    else messages.push(message);
    wake();
  });
  const inbox = {
    unread: () => messages.length,
    async next(): Promise<Buffer> {
      for (;;) {
        const message = messages.shift();
        if (message) return message;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    /** Resolves once what is said on the channel is heard. */
    async isHeard(): Promise<void> {
      const heard = probes;
      const probe = (): void => void bus.publish(channel, PROBE).catch(() => undefined);
      const probing = setInterval(probe, 20);
      probe();
      while (probes === heard) await new Promise<void>((resolve) => (wake = resolve));
      clearInterval(probing);
    },
  };
  await inbox.isHeard();
  return inbox;
}

/** When this comes back, whatever was said before has come. */
async function flush(bus: Bus, end: { next(): Promise<Buffer> }): Promise<void> {
  await bus.publish("end", Buffer.from("end"));
  await end.next();
}

const PROBE = Buffer.from("are you there?");
