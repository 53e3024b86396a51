//! The Runlog store on OPFS.
