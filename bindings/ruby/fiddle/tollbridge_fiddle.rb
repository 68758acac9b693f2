# frozen_string_literal: true

require "fiddle"
require "tollbridge_shared"

# A latency histogram from Rust, over the C ABI by Fiddle. The API is that of the gem `tollbridge`.
module TollbridgeFiddle
  TollbridgeShared.offer(self)
  Arguments = TollbridgeShared::Arguments
  Weight = TollbridgeShared::Weight
  private_constant :Arguments, :Weight

  # What is not here: Fiddle aborts the process when C calls back on a thread that is not Ruby's.
  UNSUPPORTED = {
    "call_back_from_new_thread" => "foreign_threads",
    "record_from_new_thread" => "foreign_threads"
  }.freeze
end

require_relative "tollbridge_fiddle/native"
require_relative "tollbridge_fiddle/errors"
require_relative "tollbridge_fiddle/owned"
require_relative "tollbridge_fiddle/callbacks"
require_relative "tollbridge_fiddle/buckets"
require_relative "tollbridge_fiddle/watch"
require_relative "tollbridge_fiddle/histogram"
require_relative "tollbridge_fiddle/log"
