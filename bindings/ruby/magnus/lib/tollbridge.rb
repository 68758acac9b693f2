# frozen_string_literal: true

# Order matters: the extension, which RubyGems may keep elsewhere, defines the classes; these files complete
# them; and it looks up what they declare at the end.
require "tollbridge/tollbridge_native"
require_relative "tollbridge/records"
require_relative "tollbridge/scan"
require_relative "tollbridge/errors"
require_relative "tollbridge/histogram"
require_relative "tollbridge/buckets"
require_relative "tollbridge/watch"
require_relative "tollbridge/log"
require_relative "tollbridge/probe"
require_relative "tollbridge/fault"

Tollbridge.loaded
class << Tollbridge
  private :loaded, :replay
end
