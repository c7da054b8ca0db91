#include "strict_json.hpp"

#include "sma/core/shown_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <set>
#include <vector>

namespace sma::model {

namespace {

namespace json = boost::json;
using boost::system::error_code;

// Follows the keys of each open object. Stops the parser at the first that repeats.
struct key_checker {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    std::vector<std::set<std::string, std::less<>>> open;
    std::string key;
    std::string duplicate;

    bool on_object_begin(error_code&) {
        open.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, error_code&) {
        open.pop_back();
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, error_code&) {
        key.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t, error_code& ec) {
        key.append(part.data(), part.size());
        bool const fresh = open.back().insert(key).second;
        if (!fresh) {
            duplicate = key;
            ec = json::error::exception;
        }
        key.clear();
        return fresh;
    }
    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
    bool on_string(json::string_view, std::size_t, error_code&) { return true; }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
    bool on_double(double, json::string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }
};

}  // namespace

result<json::value> parse_strict_json(std::string_view text, errc code, std::string const& what) {
    json::basic_parser<key_checker> checker{json::parse_options()};
    error_code ec;
    checker.write_some(false, text.data(), text.size(), ec);
    if (!checker.handler().duplicate.empty() || ec == json::error::exception)
        return error(code, what + " names \"" + shown(checker.handler().duplicate) + "\" twice");
    auto value = json::parse(json::string_view(text.data(), text.size()), ec);
    if (ec) return error(code, what + " is not valid JSON: " + ec.message());
    return value;
}

}  // namespace sma::model
