# frozen_string_literal: true

module TollbridgeFFI
  # What every trampoline needs: Ruby code that C calls may leave in no way but by its value.
  module Callbacks
    @last = 0

    # What C has as `user` in place of a pointer: no two callbacks have the same.
    def self.next_key = @last += 1

    # Runs the block and answers its value. Whatever else leaves it is stopped here, and `otherwise` answered: what it
    # raises is given to `failed`, and so is a LocalJumpError for throw and break, and a ThreadKilled for a kill. What
    # leaves `failed` is stopped too.
    def self.guard(otherwise, failed)
      returned = false
      value =
        begin
          yield
        rescue Exception => e # rubocop:disable Lint/RescueException -- Nothing may cross Rust.
          failed.call(e)
          otherwise
        end
      returned = true
      value
    ensure
      unless returned
        begin
          failed.call(left)
        ensure
          return otherwise # rubocop:disable Lint/EnsureReturn -- It ends throw, break and Thread#kill, and must.
        end
      end
    end

    # Raises what a guard has stopped, when C has returned.
    def self.go_on_with(left)
      Thread.current.report_on_exception = false if left.is_a?(ThreadKilled)
      raise left
    end

    # The name of the thread that takes calls from threads which are not Ruby's.
    DISPATCHER = "FFI Callback Dispatcher"
    private_constant :DISPATCHER

    # Refuses what would wait for that thread for ever. ruby-ffi 1.15 starts it once: no child of fork has it, and a
    # program that kills all threads has killed it.
    def self.need_dispatcher
      return if Thread.list.any? { |thread| thread.name == DISPATCHER && thread.status != "aborting" }

      raise ThreadError, "ruby-ffi takes no calls from foreign threads any more: its thread was killed, or left by fork"
    end

    def self.left
      return ThreadKilled.new("killed in a callback") if Thread.current.status == "aborting"

      LocalJumpError.new("it was left by throw, break or a time limit (execution expired), which end here")
    end
    private_class_method :left
  end
  private_constant :Callbacks

  # Ends a thread that was killed inside a callback, when C has returned: the kill itself was stopped, since it may not
  # cross Rust, and Ruby kills no thread twice.
  class ThreadKilled < Exception; end # rubocop:disable Lint/InheritException -- No plain `rescue` shall keep the thread.
end
