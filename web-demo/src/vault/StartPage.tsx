import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { useSyncStatus } from "../sync/useSync.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { AddBackend } from "./AddBackend.tsx";
import { chooseAlone } from "./alone.ts";
import { CheckPhrase } from "./CheckPhrase.tsx";
import { JoinByCode, JoinByPhrase } from "./Join.tsx";
import { NewVault } from "./NewVault.tsx";
import { ShowPhrase } from "./ShowPhrase.tsx";
import { useLiveVault } from "./useVault.ts";

type Step =
  | { at: "choose" | "create" | "code" | "phrase" | "relay" }
  | { at: "show" | "check"; words: readonly string[] };

/** The first steps: a new vault, an existing one, or none. */
export function StartPage(): ReactNode {
  const [step, setStep] = useState<Step>({ at: "choose" });
  const [, navigate] = useLocation();
  const vault = useLiveVault();
  const status = useSyncStatus();
  if (!vault) return <Loading what="the vault" />;
  const done = () => navigate("/runs");
  const back = () => setStep({ at: "choose" });
  if (step.at === "choose" && vault.state !== "none") {
    return (
      <Empty icon="check" title={`This browser holds the vault “${vault.name}”`} isPage>
        <p>{(status?.backends.length ?? 0) > 0 ? "Its runs are synced." : "It is not synced with any relay yet."}</p>
        <Link href="/sync" className="button" data-kind="primary">
          To the sync page
        </Link>
      </Empty>
    );
  }
  return (
    <div className="page start">
      <title>Set up · Runlog</title>
      {step.at === "choose" && <Choose onChoose={(at) => setStep({ at })} onAlone={() => (chooseAlone(), done())} />}
      {step.at === "create" && <NewVault onBack={back} onMade={(phrase) => setStep({ at: "show", words: phrase.split(" ") })} />}
      {step.at === "show" && <ShowPhrase words={step.words} onShown={() => setStep({ at: "check", words: step.words })} />}
      {step.at === "check" && (
        <CheckPhrase words={step.words} onAgain={() => setStep({ at: "show", words: step.words })} onRight={() => setStep({ at: "relay" })} />
      )}
      {step.at === "code" && <JoinByCode onBack={back} onJoined={done} />}
      {step.at === "phrase" && <JoinByPhrase onBack={back} onJoined={() => setStep({ at: "relay" })} />}
      {step.at === "relay" && <AddBackend onDone={done} isLast />}
    </div>
  );
}

const WAYS: readonly { at: "create" | "code" | "phrase"; icon: IconName; name: string; text: string }[] = [
  { at: "create", icon: "key", name: "Create a new vault", text: "For the first device. You get a recovery phrase of 24 words." },
  { at: "code", icon: "device", name: "Join with a pairing code", text: "Another device shows eight words: runlog device pair, or its sync page." },
  { at: "phrase", icon: "restore", name: "Join with the recovery phrase", text: "If no other device is at hand." },
];

function Choose({ onChoose, onAlone }: { onChoose: (at: "create" | "code" | "phrase") => void; onAlone: () => void }): ReactNode {
  return (
    <>
      <header className="page-head">
        <h1>Share this history with your devices</h1>
        <p className="soft">
          A vault is what your devices have in common. Everything is encrypted before it leaves this browser: a relay passes it on
          and cannot read it.
        </p>
      </header>
      <div className="ways">
        {WAYS.map(({ at, icon, name, text }) => (
          <button key={at} type="button" className="way" onClick={() => onChoose(at)}>
            <Icon name={icon} size={22} />
            <span>
              <strong>{name}</strong>
              <span className="soft">{text}</span>
            </span>
          </button>
        ))}
      </div>
      <p className="soft">
        Or keep the history in this browser alone; a vault can be added at any time.{" "}
        <button type="button" className="button" onClick={onAlone}>
          Use without sync
        </button>
      </p>
    </>
  );
}
