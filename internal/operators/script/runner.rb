# Calls the method that a rb> task names, and writes down what that asks for:
#
#     runner.rb COMMAND INPUT OUTPUT
require "json"

module Digdag
  # What the code of a task finds as Digdag.env.
  class Env
    attr_reader :params, :subtask_config, :export_params, :store_params, :state_params

    def initialize(params)
      @params = params
      @subtask_config = {}
      @export_params = {}
      @store_params = {}
      @state_params = {}
      @subtask_index = 0
    end

    def set_state(params = {}, **more)
      @state_params.merge!(params, more)
    end

    def export(params = {}, **more)
      @export_params.merge!(params, more)
    end

    def store(params = {}, **more)
      @store_params.merge!(params, more)
    end

    # add_subtask(params), add_subtask(method, params = {}) or
    # add_subtask(class, method, params = {})
    def add_subtask(*args, **more)
      params = args.last.is_a?(Hash) ? args.pop.merge(more) : more
      config =
        case args.size
        when 0 then params
        when 1 then params.merge("rb>" => method_name(args[0]))
        when 2 then params.merge("rb>" => "::#{owner(*args)}.#{method_name(args[1])}")
        else raise ArgumentError, "add_subtask takes a class, a method and parameters at most"
        end
      begin
        JSON.generate(config)
      rescue StandardError => error
        raise ArgumentError, "Parameters must be serializable using JSON: #{error}"
      end
      @subtask_config["+subtask#{@subtask_index}"] = config
      @subtask_index += 1
      nil
    end

    private

    def method_name(name)
      unless name.respond_to?(:to_sym) && !name.to_s.include?(".")
        raise ArgumentError, "a method is given by its name, not by #{name.inspect}"
      end
      name.to_s
    end

    def owner(name, method)
      found = name.is_a?(Module) ? name : Object.const_get(name.to_s)
      unless found.respond_to?(method) || found.public_method_defined?(method)
        raise ArgumentError, "#{found} has no method #{method.inspect}"
      end
      found
    end
  end

  class << self
    attr_accessor :env
  end
end

# Not among the methods of all objects, where a task could mistake them for its own.
module DigdagRunner
  module_function

  def run(main, command, source, target)
    Digdag.env = env = Digdag::Env.new(JSON.parse(File.read(source, encoding: "UTF-8"))["params"])
    $LOAD_PATH << Dir.pwd
    begin
      perform(main, command, env.params)
      result = { subtask_config: env.subtask_config, export_params: env.export_params, store_params: env.store_params }
      text = JSON.generate(result)
    rescue Exception => error
      File.write(target, JSON.generate(error: describe(error, command)))
      exit(1) if error.is_a?(SystemExit) && error.success?
      raise if error.is_a?(SystemExit) || error.is_a?(SignalException)
      show(error)
      exit(1)
    end
    File.write(target, text)
  end

  def perform(main, command, params)
    owner, _, name = command.rpartition(".")
    return call(main.method(name), name, params) if owner.empty?

    owner = Object.const_get(owner)
    if owner.is_a?(Class) && owner.public_method_defined?(name)
      positional, keywords = arguments(initializer(owner), "#{owner}.new", params)
      call(owner.new(*positional, **keywords).method(name), "#{owner}##{name}", params)
    else
      call(owner.method(name), "#{owner}.#{name}", params)
    end
  end

  # What new hands its arguments to, unless the class has a new of its own.
  def initializer(owner)
    create = owner.method(:new)
    create.owner == Class ? owner.instance_method(:initialize) : create
  end

  def call(method, shown, params)
    positional, keywords = arguments(method, shown, params)
    method.call(*positional, **keywords)
  end

  # Returns the arguments that a method asks for by their names.
  def arguments(method, shown, params)
    positional = []
    keywords = {}
    left_out = nil
    method.parameters.each do |kind, name|
      set = params.key?(name.to_s)
      if !set && %i[req keyreq].include?(kind)
        raise ArgumentError, "Method '#{shown}' requires parameter '#{name}' but not set"
      end
      case kind
      when :req
        positional << params[name.to_s]
      when :opt
        if set && left_out
          raise ArgumentError, "Method '#{shown}' cannot get parameter '#{name}' without '#{left_out}' before it"
        end
        set ? positional << params[name.to_s] : left_out = name
      when :keyreq, :key
        keywords[name] = params[name.to_s] if set
      when :keyrest
        keywords = symbolize(params)
      end
    end
    [positional, keywords]
  end

  def symbolize(hash)
    hash.to_h { |key, value| [key.to_sym, value.is_a?(Hash) ? symbolize(value) : value] }
  end

  def describe(error, command)
    message = error.message
    message = "#{command} ended Ruby by exit(#{error.status})" if error.is_a?(SystemExit)
    { class: error.class.to_s, message: message }
  end

  # Prints an error as Ruby does, but for the lines that are not of the task.
  def show(error)
    cause = error
    while cause
      lines = (cause.backtrace || []).reject { |line| line.start_with?(__FILE__) }
      cause.set_backtrace(lines)
      cause = cause.cause
    end
    $stdout.flush
    text = "#{error.message} (#{error.class})\n"
    text = error.full_message(highlight: false, order: :top) if error.backtrace.any?
    $stderr.write(text.end_with?("\n") ? text : "#{text}\n")
  end
end

DigdagRunner.run(self, *ARGV) if $PROGRAM_NAME == __FILE__
