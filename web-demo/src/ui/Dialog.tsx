import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";

import { Icon } from "./Icon.tsx";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** Whether a click outside closes it; not where something would be lost. */
  isDismissable?: boolean;
  children: ReactNode;
}

/** A dialog over the page: it holds the focus, and Escape closes it. */
export function Dialog({ title, isOpen, onOpenChange, isDismissable = true, children }: DialogProps): ReactNode {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable={isDismissable}>
      <Modal className="modal">
        <AriaDialog className="dialog">
          <div className="dialog-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <button type="button" className="icon-button" aria-label="Close" onClick={() => onOpenChange(false)}>
              <Icon name="cross" />
            </button>
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
