//! One contract suite over every Runlog store.
