# The Ruby steps of the example.
class Example
  def collect(day)
    puts "collecting #{day}"
    Digdag.env.store(rows: 3)
  end

  def split(rows)
    rows.to_i.times { |n| Digdag.env.add_subtask(Example, :one, number: n) }
  end

  def one(number)
    puts "row #{number}"
  end
end
