import { useCallback, useEffect, useState, type ReactNode } from "react";
import type { Device, Offer } from "runlog";

import { useRunlog } from "../history.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Pair } from "../ui/Pair.tsx";
import { Pill } from "../ui/Pill.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Loading } from "../ui/State.tsx";
import { Ago } from "../ui/Time.tsx";
import { useAction } from "../ui/useAction.ts";
import { Words } from "../vault/ShowPhrase.tsx";
import { useLiveVault } from "../vault/useVault.ts";
import { useSyncStatus } from "./useSync.ts";

const KEPT = { browser: "in this browser", passphrase: "behind a passphrase", memory: "until the last tab is closed" } as const;

/** The vault, its phrase, and the devices that share it. */
export function Devices(): ReactNode {
  const vault = useLiveVault();
  const status = useSyncStatus();
  const [shown, setShown] = useState<"phrase" | "pair" | null>(null);
  if (!vault || vault.state === "none" || !status) return <Loading what="the vault" />;
  const isUnlocked = vault.state === "unlocked";
  const first = status.backends[0];
  return (
    <div className="page">
      <section className="card" aria-labelledby="vault">
        <h2 id="vault">{vault.name}</h2>
        <dl className="pairs">
          <Pair name="Vault">
            <code>{vault.id}</code>
          </Pair>
          <Pair name="Key kept">{vault.keptIn === null ? "nowhere: the recovery phrase is needed" : KEPT[vault.keptIn]}</Pair>
          <Pair name="This device">
            <code>{status.deviceId}</code>
          </Pair>
        </dl>
        <div className="card-end">
          <button type="button" className="button" disabled={!isUnlocked} onClick={() => setShown("phrase")}>
            <Icon name="key" />
            Show the recovery phrase
          </button>
          <button type="button" className="button" data-kind="primary" disabled={!isUnlocked || !first} onClick={() => setShown("pair")}>
            <Icon name="device" />
            Pair a device
          </button>
        </div>
      </section>
      {first && <DeviceList />}
      <Dialog title="Recovery phrase" isOpen={shown === "phrase"} onOpenChange={(isOpen) => !isOpen && setShown(null)}>
        <Phrase />
      </Dialog>
      <Dialog title="Pair a device" isOpen={shown === "pair"} onOpenChange={(isOpen) => !isOpen && setShown(null)}>
        {first && <Pairing backend={first.id} url={first.url} />}
      </Dialog>
    </div>
  );
}

function Phrase(): ReactNode {
  const { vault } = useRunlog();
  const [words, setWords] = useState<readonly string[]>();
  const action = useAction();
  if (words) return <Words words={words} />;
  return (
    <>
      <p>Whoever sees these words can read everything. Look around first.</p>
      {action.error !== undefined && <Problem error={action.error} />}
      <div className="dialog-end">
        <button type="button" className="button" data-kind="primary" onClick={() => void action.run(async () => setWords((await vault.phrase()).split(" ")))}>
          Show the words
        </button>
      </div>
    </>
  );
}

function Pairing({ backend, url }: { backend: string; url: string }): ReactNode {
  const { vault } = useRunlog();
  const [offer, setOffer] = useState<Offer>();
  const { run, error } = useAction();
  useEffect(() => {
    void run(async () => setOffer(await vault.offer(backend)));
    // One offer for each time that the dialog opens.
  }, [vault, backend, run]);
  if (error !== undefined) return <Problem error={error} />;
  if (!offer) return <Loading what="a code" />;
  return (
    <>
      <p>Type this code on the other device:</p>
      <pre className="text-block code" tabIndex={0} aria-label="Pairing code">{offer.code}</pre>
      <p>
        In a terminal: <code>runlog vault join --relay {url}</code>. In a browser: “Join with a pairing code”.
      </p>
      <p className="soft">
        It is valid once, and ends <Ago at={offer.expiresAt} />.
      </p>
    </>
  );
}

const ROLES = { owner: "owner", writer: "writes", reader: "reads" } as const;

function DeviceList(): ReactNode {
  const { sync } = useRunlog();
  const [devices, setDevices] = useState<readonly Device[]>();
  const { run, error, isBusy } = useAction();
  const load = useCallback(() => void run(async () => setDevices(await sync.devices())), [run, sync]);
  useEffect(load, [load]);
  return (
    <section aria-labelledby="devices" className="stack">
      <div className="card-head">
        <h2 id="devices">Devices</h2>
        <button type="button" className="button" disabled={isBusy} onClick={load}>
          {isBusy ? "Asking the relays …" : "Ask again"}
        </button>
      </div>
      {error !== undefined && <Problem error={error} />}
      {!devices && error === undefined && <Loading what="the devices" />}
      {devices && (
        <div className="table-wrap" tabIndex={0} role="region" aria-label="Table of devices">
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Device</th>
                <th scope="col">May</th>
                <th scope="col">Seen by the relay</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {devices.map((device) => (
                <tr key={`${device.backendId} ${device.id}`}>
                  <th scope="row">
                    <code>{device.id.slice(-8)}</code> {device.isThis && "(this browser)"}
                  </th>
                  <td>{device.role === null ? "nothing: shut out" : ROLES[device.role]}</td>
                  <td>{device.seenAt === null ? "never" : <Ago at={device.seenAt} />}</td>
                  <td>{device.revoked ? <Pill tone="bad">Removed</Pill> : <Pill tone="ok">Let in</Pill>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
