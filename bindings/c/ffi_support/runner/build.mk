$(eval $(call strategy_of_crate,ffi_support))
