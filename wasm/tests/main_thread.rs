//! Outside of a dedicated worker there are no synchronous file handles, and the crate says so.

#![cfg(target_family = "wasm")]

use runlog_wasm::{OpfsError, OpfsPool};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn opfs_is_not_supported_on_the_main_thread() {
    let error = OpfsPool::install("main", 1).await.err();
    assert!(matches!(error, Some(OpfsError::NotSupported)), "{error:?}");
}
