// Do the keys do what the help says, and keep out of the way otherwise?
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef } from "react";
import { expect, test, vi } from "vitest";
import { type Command, commandFor, KEYS } from "./commands";
import { useCommands } from "./useCommands";
import { useRowKeys } from "./useRowKeys";

const press = (key: string, more = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  target: null,
  ...more,
});

test.each(Object.entries(KEYS))("%s means %s", (key, command) => {
  expect(commandFor(press(key))).toBe(command);
});

test("a key with a modifier belongs to the browser", () => {
  expect(commandFor(press("l", { ctrlKey: true }))).toBeNull();
  expect(commandFor(press("k", { metaKey: true }))).toBeNull();
});

test("a key typed into a field belongs to the field", () => {
  expect(commandFor(press("j", { target: document.createElement("input") }))).toBeNull();
});

function Answering({ answers }: { answers: Partial<Record<Command, () => void>> }) {
  useCommands(answers);
  return null;
}

test("a key calls its answer", async () => {
  const previous = vi.fn();
  render(<Answering answers={{ "previous-day": previous }} />);
  await userEvent.keyboard("[[");
  expect(previous).toHaveBeenCalledOnce();
});

test("an open dialog keeps the keys to itself", async () => {
  const following = vi.fn();
  render(
    <>
      <Answering answers={{ "next-day": following }} />
      <div role="dialog" />
    </>,
  );
  await userEvent.keyboard("]");
  expect(following).not.toHaveBeenCalled();
});

function Rows() {
  const place = useRef<HTMLElement>(null);
  useRowKeys(place);
  return (
    <section ref={place}>
      {["first", "second", "third"].map((name) => (
        <button type="button" data-row key={name}>
          {name}
        </button>
      ))}
    </section>
  );
}

test("j and k walk the rows and stop at both ends", async () => {
  render(<Rows />);
  const focused = () => document.activeElement?.textContent;
  await userEvent.keyboard("j");
  expect(focused()).toBe("first");
  await userEvent.keyboard("jjj");
  expect(focused()).toBe("third");
  await userEvent.keyboard("kkkk");
  expect(focused()).toBe("first");
});
