# frozen_string_literal: true

# What only tests and timing need of the bridges over the C ABI.
require "tollbridge_shared"
require_relative "error_classes"
require_relative "records"

TollbridgeShared::ERRORS[TollbridgeShared::ProbeError.code] = TollbridgeShared::ProbeError
