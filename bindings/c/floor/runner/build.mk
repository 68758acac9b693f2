strategies += floor
floor_library = $(build)/libtollbridge_floor.so
floor_flags = -I$(here)floor -L$(build) -Wl,-rpath,$(build) -ltollbridge_floor

# Vectors, and loops unrolled, as cargo compiles what stands beside it.
$(build)/libtollbridge_floor.so: $(here)floor/floor.c $(here)floor/floor.h
	@mkdir -p $(build)
	$(CC) $(STRICT) $(CFLAGS) -O3 -funroll-loops -fPIC -fvisibility=hidden -shared $(here)floor/floor.c -o $@ -pthread
