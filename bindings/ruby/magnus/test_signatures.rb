# frozen_string_literal: true

# sig/tollbridge.rbs is valid, and declares just the public methods that there are.
require "rbs"
require "tollbridge"

loader = RBS::EnvironmentLoader.new
loader.add(path: Pathname("#{__dir__}/sig"))
environment = RBS::Environment.from_loader(loader).resolve_type_names
builder = RBS::DefinitionBuilder.new(env: environment)

# Classes of the extension's own.
HIDDEN = %i[Common ErrorDetail].freeze
# Every module and class of the gem.
def within(namespace)
  constants = namespace.constants(false).reject { |name| namespace == Tollbridge && HIDDEN.include?(name) }
  modules = constants.map { |name| namespace.const_get(name) }.grep(Module)
  modules.flat_map { |inner| [inner, *within(inner)] }
end

# Writers, and what is called by other names only.
def plain(names) = names.grep_v(/=\z|\A_/) - %i[new initialize [] members keyword_init? inspect]

# The public methods that a module itself has.
def defined(of, singleton)
  plain(singleton ? of.singleton_methods(false) : of.public_instance_methods(false))
end

# What `self?` declares, as module_function does: the instance's is private, which RBS 2 does not know.
def module_function?(method)
  members = method.defs.map(&:member).grep(RBS::AST::Members::MethodDefinition)
  members.any? { |member| member.kind == :singleton_instance }
end

# The public methods that are declared for a module: its own, and all.
def declared(builder, of, singleton)
  type = TypeName("::#{of.name}")
  definition = singleton ? builder.build_singleton(type) : builder.build_instance(type)
  methods = definition.methods.select { |_, method| method.public? && (singleton || !module_function?(method)) }
  own = methods.select { |_, method| method.defs.any? { |one| one.implemented_in == type } }
  [plain(own.keys), methods.keys]
end

def there?(of, singleton, name) = singleton ? of.respond_to?(name) : of.public_method_defined?(name)

problems = [Tollbridge, *within(Tollbridge)].product([true, false]).flat_map do |of, singleton|
  own, all = declared(builder, of, singleton)
  sign = singleton ? "." : "#"
  (defined(of, singleton) - all).map { |name| "not declared: #{of}#{sign}#{name}" } +
    own.reject { |name| there?(of, singleton, name) }.map { |name| "not there: #{of}#{sign}#{name}" }
end
abort problems.join("\n") unless problems.empty?
