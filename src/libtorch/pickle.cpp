#include "pickle.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <unordered_map>

namespace sma::libtorch {

namespace {

/// Longer than any class that describes tensors. Names are joined from what the pickle recalls, as often as it likes:
/// without a limit a few bytes could double a name over and over.
constexpr std::size_t name_bytes_max = 512;

/// The stack machine. The first failure sticks: reads give zeros and pops give `None` from then on, and run() stops.
class machine {
public:
    explicit machine(std::span<std::byte const> bytes) : bytes_(bytes) {}

    result<pickle_document> run() {
        while (failure_.empty() && !stopped_) step(static_cast<unsigned char>(number(1)));
        if (!failure_.empty())
            return error(errc::invalid_weights, "data.pkl is damaged at byte " + std::to_string(at_) + ": " + failure_);
        return std::move(document_);
    }

private:
    void fail(std::string why) {
        if (failure_.empty()) failure_ = std::move(why);
    }

    std::string_view take(std::uint64_t count) {
        if (count > bytes_.size() - at_) {
            fail("it ends too early");
            return {};
        }
        std::string_view const part(reinterpret_cast<char const*>(bytes_.data()) + at_, count);
        at_ += count;
        return part;
    }

    /// A little-endian number of 1 to 8 bytes.
    std::uint64_t number(std::size_t width) {
        std::uint64_t value = 0;
        auto const part = take(width);
        if (part.size() == width) std::memcpy(&value, part.data(), width);
        return value;
    }

    std::string_view line() {
        auto const rest = std::string_view(reinterpret_cast<char const*>(bytes_.data()) + at_, bytes_.size() - at_);
        auto const end = rest.find('\n');
        if (end == rest.npos) {
            fail("a line does not end");
            return {};
        }
        at_ += end + 1;
        return rest.substr(0, end);
    }

    pickle_value* make(pickle_kind kind) {
        auto& node = document_.nodes.emplace_back();
        node.kind = kind;
        return &node;
    }

    void push(pickle_kind kind) { stack_.push_back(make(kind)); }
    void push_integer(std::int64_t value, pickle_kind kind = pickle_kind::integer) {
        push(kind);
        stack_.back()->integer = value;
    }
    void push_text(std::string_view text, pickle_kind kind = pickle_kind::text) {
        push(kind);
        stack_.back()->text = text;
    }
    void push_items(pickle_kind kind, std::vector<pickle_value*> items) {
        push(kind);
        stack_.back()->items = std::move(items);
    }

    std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

    pickle_value* pop() {
        if (stack_.size() <= floor()) {
            fail("it pops from an empty stack");
            return make(pickle_kind::none);
        }
        auto* const top = stack_.back();
        stack_.pop_back();
        return top;
    }

    std::vector<pickle_value*> pop_last(std::size_t count) {
        std::vector<pickle_value*> items(count);
        for (auto i = count; i > 0; --i) items[i - 1] = pop();
        return items;
    }

    std::vector<pickle_value*> pop_to_mark() {
        if (marks_.empty()) {
            fail("it has no matching mark");
            return {};
        }
        auto const first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
        std::vector<pickle_value*> items(first, stack_.end());
        stack_.erase(first, stack_.end());
        marks_.pop_back();
        return items;
    }

    /// Adds to the list or dict on top; what an object of an unknown class makes of it does not matter here.
    void extend(pickle_kind kind, std::vector<pickle_value*> const& items) {
        auto* const target = pop();
        if (kind == pickle_kind::dict && items.size() % 2 != 0) return fail("a dict has a key without a value");
        if (target->kind == kind) target->items.insert(target->items.end(), items.begin(), items.end());
        stack_.push_back(target);
    }

    void push_dict(std::vector<pickle_value*> items) {
        if (items.size() % 2 != 0) fail("a dict has a key without a value");
        push_items(pickle_kind::dict, std::move(items));
    }

    void remember(std::uint64_t key) {
        auto* const top = pop();
        stack_.push_back(top);
        memo_[key] = top;
    }

    void recall(std::uint64_t key) {
        auto const found = memo_.find(key);
        if (found == memo_.end()) return fail("it reads a memo entry that was never written");
        stack_.push_back(found->second);
    }

    /// Only 8 bytes are kept; Python's long integers do not describe tensors.
    void push_long(std::uint64_t width) {
        auto const part = take(width);
        std::int64_t value = 0;
        if (!part.empty() && part.size() <= sizeof value) {
            if (static_cast<signed char>(part.back()) < 0) value = -1;
            std::memcpy(&value, part.data(), part.size());
        }
        push(part.size() <= sizeof value ? pickle_kind::integer : pickle_kind::opaque);
        stack_.back()->integer = value;
    }

    void push_global(std::string_view module, std::string_view name) {
        if (module.size() + name.size() > name_bytes_max)
            return fail("a class has a name of more than " + std::to_string(name_bytes_max) + " bytes");
        push_text(std::string(module) + "." + std::string(name), pickle_kind::global);
    }

    void push_global_from_lines() {
        auto const module = line();
        push_global(module, line());
    }

    void push_global_from_stack() {
        auto const* const name = pop();
        auto const* const module = pop();
        push_global(module->text, name->text);
    }

    void call() {
        auto* const arguments = pop();
        auto* const callee = pop();
        bool const known = callee->kind == pickle_kind::global;
        if (known && callee->text == "collections.OrderedDict" && arguments->items.empty())
            return push(pickle_kind::dict);
        // libtorch's own pickler wraps dicts and lists so as to note their types.
        if (known && callee->text.starts_with("torch.jit._pickle.") && !arguments->items.empty())
            return stack_.push_back(arguments->items[0]);
        push_items(pickle_kind::call, {callee, arguments});
    }

    void step(unsigned char code) {
        if (!failure_.empty()) return;
        if (!step_values(code) && !step_collections(code) && !step_objects(code)) {
            std::array<char, 32> text{};
            std::snprintf(text.data(), text.size(), "unknown instruction 0x%02x", code);
            fail(text.data());
        }
    }

    // The instructions, one a line.
    // clang-format off
    bool step_values(unsigned char code) {
        switch (code) {
            case 'N': push(pickle_kind::none); return true;
            case 0x88: push_integer(1, pickle_kind::boolean); return true;
            case 0x89: push_integer(0, pickle_kind::boolean); return true;
            case 'J': push_integer(static_cast<std::int32_t>(number(4))); return true;
            case 'K': push_integer(static_cast<std::int64_t>(number(1))); return true;
            case 'M': push_integer(static_cast<std::int64_t>(number(2))); return true;
            case 0x8a: push_long(number(1)); return true;
            case 0x8b: push_long(number(4)); return true;
            case 'G': take(8); push(pickle_kind::real); return true;
            case 'X': case 'T': case 'B': push_text(take(number(4))); return true;
            case 0x8c: case 'U': case 'C': push_text(take(number(1))); return true;
            case 0x8d: case 0x8e: case 0x96: push_text(take(number(8))); return true;
            default: return false;
        }
    }

    bool step_collections(unsigned char code) {
        switch (code) {
            case '(': marks_.push_back(stack_.size()); return true;
            case ')': case ']': case 0x8f: push(pickle_kind::sequence); return true;
            case '}': push(pickle_kind::dict); return true;
            case 't': case 'l': case 0x91: push_items(pickle_kind::sequence, pop_to_mark()); return true;
            case 0x85: push_items(pickle_kind::sequence, pop_last(1)); return true;
            case 0x86: push_items(pickle_kind::sequence, pop_last(2)); return true;
            case 0x87: push_items(pickle_kind::sequence, pop_last(3)); return true;
            case 'd': push_dict(pop_to_mark()); return true;
            case 'a': extend(pickle_kind::sequence, pop_last(1)); return true;
            case 'e': case 0x90: extend(pickle_kind::sequence, pop_to_mark()); return true;
            case 's': extend(pickle_kind::dict, pop_last(2)); return true;
            case 'u': extend(pickle_kind::dict, pop_to_mark()); return true;
            default: return false;
        }
    }

    bool step_objects(unsigned char code) {
        switch (code) {
            case 0x80: number(1); return true;  // the protocol's number
            case 0x95: number(8); return true;  // a frame's length: framing only helps streams
            case '.': stopped_ = true; document_.root = pop(); return true;
            case '0': pop(); return true;
            case '1': pop_to_mark(); return true;
            case '2': stack_.push_back(pop()); stack_.push_back(stack_.back()); return true;
            case 'q': remember(number(1)); return true;
            case 'r': remember(number(4)); return true;
            case 0x94: remember(memo_.size()); return true;
            case 'h': recall(number(1)); return true;
            case 'j': recall(number(4)); return true;
            case 'c': push_global_from_lines(); return true;
            case 0x93: push_global_from_stack(); return true;
            case 'Q': push_items(pickle_kind::persistent, pop_last(1)); return true;
            case 'R': call(); return true;
            case 0x81: pop_last(2); push(pickle_kind::opaque); return true;
            case 0x92: pop_last(3); push(pickle_kind::opaque); return true;
            case 'b': pop(); return true;  // an object's attributes: state dicts have only a version there
            default: return false;
        }
    }
    // clang-format on

    std::span<std::byte const> bytes_;
    std::size_t at_ = 0;
    bool stopped_ = false;
    std::string failure_;
    pickle_document document_;
    std::vector<pickle_value*> stack_;
    std::vector<std::size_t> marks_;
    std::unordered_map<std::uint64_t, pickle_value*> memo_;
};

}  // namespace

result<pickle_document> parse_pickle(std::span<std::byte const> bytes) {
    constexpr std::byte protocol{0x80};  // the instruction that begins every pickle since protocol 2
    if (!bytes.empty() && bytes.front() != protocol)
        return error(
            errc::invalid_weights,
            "data.pkl is of pickle protocol 0 or 1, or no pickle: save the file again without pickle_protocol");
    return machine(bytes).run();
}

}  // namespace sma::libtorch
