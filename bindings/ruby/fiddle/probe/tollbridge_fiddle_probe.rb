# frozen_string_literal: true

# The library `tollbridge_fiddle`, and what only tests and timing need beside it.
require "tollbridge_fiddle"
require_relative "../../shared/probe/tollbridge_shared_probe"

TollbridgeFiddle::ProbeError = TollbridgeShared::ProbeError

require_relative "native"
require_relative "probe"
require_relative "fault"
