# frozen_string_literal: true

# How structures are laid out that are formats here, against what a C compiler says.
module Layout
  # A format packs one field after the other, so where each begins is the size of all before.
  def laid_out(native, structures, owned, *header)
    prints = []
    wanted = []
    structures.each do |name, fields|
      format = native.const_get(name == :tb_bytes ? :GIVEN : name.to_s.delete_prefix("tb_").upcase)
      wanted << "#{name} #{Array.new(fields.size, 0).pack(format).bytesize}"
      prints << %(printf("#{name} %zu\\n", sizeof(#{name}));)
      fields.each_with_index do |field, i|
        # Each field in turn is set in C; the one that is not 0 here must be that one.
        prints << "{ #{name} s = {0}; s.#{field} = (__typeof__(s.#{field}))1;"
        prints << %(for (size_t k = 0; k < sizeof s; k++) printf("%02x", ((unsigned char *)&s)[k]); puts(""); })
        values = Array.new(fields.size) { |k| k == i ? 1 : 0 }
        wanted << values.pack(format).unpack1("H*")
      end
    end
    owned.each do |name|
      prints << %(printf("#{name} %zu\\n", sizeof(#{name}));)
      wanted << "#{name} #{native::GIVEN_SIZE}"
    end
    assert_equal wanted, c_program(prints, *header)
  end
end
