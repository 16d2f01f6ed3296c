// Which keys are there, and what do the signs mean?
import { Modal } from "@mantine/core";
import { LightMark } from "../light/LightMark";
import classes from "./keyboard.module.css";
import { useCommands } from "./useCommands";
import { useFocusBack } from "./useFocusBack";

const KEYS = [
  ["[ ]", "previous and next delivery day"],
  ["j k", "next and previous row"],
  ["Enter", "deals of the row"],
  ["/", "choose a trader"],
  ["l", "back to live"],
  ["e", "export of the deals"],
  [".", "hide or show money"],
  ["?", "this help"],
  ["Esc", "close"],
] as const;

const INSTANTLY = { duration: 0 };

export default function Help({ close }: { close: () => void }) {
  useCommands({ help: close });
  useFocusBack();
  return (
    <Modal.Root opened onClose={close} size="lg" lockScroll={false} transitionProps={INSTANTLY}>
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content className={classes.dialog}>
        <div className={classes.header}>
          <Modal.Title>Keyboard and meanings</Modal.Title>
          <Modal.CloseButton aria-label="Close the help" />
        </div>
        <Modal.Body>
          <div className={classes.help}>
            <dl>
              {KEYS.map(([keys, meaning]) => (
                <div key={keys}>
                  <dt>
                    <kbd>{keys}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
            <dl>
              <div>
                <dt>
                  <LightMark shape="above" />
                </dt>
                <dd>The average realised price is above the reference price.</dd>
              </div>
              <div>
                <dt>
                  <LightMark shape="not-above" />
                </dt>
                <dd>
                  It is not above: lower or equal. The light is blind to direction; PnL against reference is
                  not.
                </dd>
              </div>
              <div>
                <dt>
                  <LightMark shape="unknown" />
                </dt>
                <dd>There is nothing to compare, or the figures are stale.</dd>
              </div>
              <div>
                <dt>—</dt>
                <dd>Unknown. Zero is written 0.00.</dd>
              </div>
            </dl>
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
