# frozen_string_literal: true

# The library `tollbridge_ffi`, and what only tests and timing need beside it.
require "tollbridge_ffi"
require_relative "../../shared/probe/tollbridge_shared_probe"

TollbridgeFFI::ProbeError = TollbridgeShared::ProbeError

require_relative "native"
require_relative "probe"
require_relative "fault"
