$(eval $(call strategy_of_crate,safer_ffi))
