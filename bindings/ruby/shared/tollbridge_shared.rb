# frozen_string_literal: true

# What the bridges over the C ABI have in common and nobody comes to see: values, errors and checks in plain Ruby.
# Nothing in here calls C: every crossing stands in the bridge that makes it.
module TollbridgeShared
  # Makes these classes constants of a bridge's own module.
  def self.offer(bridge)
    offered = constants.map { |name| [name, const_get(name)] }
    offered.each { |name, value| bridge.const_set(name, value) unless INTERNAL.include?(name) }
  end
end

require_relative "tollbridge_shared/arguments"
require_relative "tollbridge_shared/errors"
require_relative "tollbridge_shared/records"
require_relative "tollbridge_shared/scan"
require_relative "tollbridge_shared/weight"

# Not part of a bridge's API.
TollbridgeShared::INTERNAL = %i[Arguments Frozen Alone Weight INTERNAL].freeze
