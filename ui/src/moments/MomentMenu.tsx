// Known when? Slid to, typed as a time or a position, or as a published report has it.
import { useAnswer } from "../api/useAnswer";
import { MomentForm } from "./MomentForm";
import { MomentSlider } from "./MomentSlider";
import { RecordedMomentsDocument } from "./moments";
import classes from "./moments.module.css";
import { ReportChoices } from "./ReportChoices";

interface MomentMenuProps {
  traderId: string | null;
  deliveryDay: string;
  /** The position that is shown; null is live. */
  at: string | null;
  /** The newest position. */
  head: string;
  go: (position: string) => void;
  close: () => void;
}

export default function MomentMenu({ traderId, deliveryDay, at, head, go, close }: MomentMenuProps) {
  const { data, failure } = useAnswer(RecordedMomentsDocument, { traderId, deliveryDay });
  const choose = (position: string) => {
    close();
    go(position);
  };
  return (
    <div className={classes.menu}>
      {/* Sliding keeps the menu open: the figures behind it move along. */}
      {data && <MomentSlider found={data.recordedMoments} at={at} slide={go} />}
      {failure && <p className={classes.note}>{failure.title}</p>}
      <MomentForm traderId={traderId} deliveryDay={deliveryDay} at={at} head={head} choose={choose} />
      <ReportChoices traderId={traderId} deliveryDay={deliveryDay} at={at} choose={choose} />
    </div>
  );
}
