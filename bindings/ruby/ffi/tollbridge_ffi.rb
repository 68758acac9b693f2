# frozen_string_literal: true

require "ffi"
require "tollbridge_shared"

# A latency histogram from Rust, over the C ABI by ruby-ffi. The API is that of the gem `tollbridge`.
module TollbridgeFFI
  TollbridgeShared.offer(self)
  Arguments = TollbridgeShared::Arguments
  Weight = TollbridgeShared::Weight
  private_constant :Arguments, :Weight

  # What ruby-ffi cannot do, for the tests to know.
  UNSUPPORTED = { "record_from_new_thread_after_fork" => "foreign_threads_after_fork" }.freeze
end

require_relative "tollbridge_ffi/native"
require_relative "tollbridge_ffi/errors"
require_relative "tollbridge_ffi/owned"
require_relative "tollbridge_ffi/callbacks"
require_relative "tollbridge_ffi/buckets"
require_relative "tollbridge_ffi/watch"
require_relative "tollbridge_ffi/histogram"
require_relative "tollbridge_ffi/log"
