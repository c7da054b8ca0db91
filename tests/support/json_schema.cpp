#include "json_schema.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>
#include <stdexcept>

namespace sma::test {
namespace json = boost::json;

namespace {

std::string text_of(json::string_view s) { return {s.data(), s.size()}; }

bool is_integer(json::value const& v) {
    if (v.is_int64() || v.is_uint64()) return true;
    return v.is_double() && std::floor(v.get_double()) == v.get_double();
}

bool has_type(json::value const& v, std::string_view type) {
    if (type == "object") return v.is_object();
    if (type == "array") return v.is_array();
    if (type == "string") return v.is_string();
    if (type == "boolean") return v.is_bool();
    if (type == "null") return v.is_null();
    if (type == "integer") return is_integer(v);
    return type == "number" && v.is_number();
}

class checker {
public:
    explicit checker(json::object const& document) : document_(document) {}

    void check(json::value const& v, json::value const& schema, std::string const& place) {
        if (schema.is_bool()) {
            if (!schema.get_bool()) say(place, "nothing is allowed here");
            return;
        }
        for (auto const& [keyword, argument] : schema.as_object())
            apply(v, text_of(keyword), argument, schema.as_object(), place);
    }
    std::vector<std::string> found;

private:
    void say(std::string const& place, std::string const& what) {
        found.push_back((place.empty() ? "/" : place) + ": " + what);
    }

    void apply(json::value const& v, std::string const& keyword, json::value const& argument,
               json::object const& schema, std::string const& place) {
        static std::set<std::string> const notes{"description",      "title",      "default",
                                                 "example",          "examples",   "contentEncoding",
                                                 "contentMediaType", "deprecated", "format"};
        if (notes.contains(keyword)) return;
        if (keyword == "$ref") return check(v, resolve(text_of(argument.as_string())), place);
        if (keyword == "type") return check_type(v, argument, place);
        if (keyword == "const") return v == argument ? void() : say(place, "expected " + json::serialize(argument));
        if (keyword == "enum") return check_enum(v, argument.as_array(), place);
        if (keyword == "oneOf") return check_one_of(v, argument.as_array(), place);
        if (check_object(v, keyword, argument, schema, place) || check_array(v, keyword, argument, place) ||
            check_scalar(v, keyword, argument, place))
            return;
        say(place, "the checker does not know the keyword " + keyword);
    }

    json::value const& resolve(std::string const& reference) const {
        auto const* found_at = walk(reference);
        if (found_at == nullptr) throw std::runtime_error("the document has no " + reference);
        return *found_at;
    }

    // "#/components/schemas/Error". References have no escapes here.
    json::value const* walk(std::string const& reference) const {
        json::object const* at = &document_;
        json::value const* value = nullptr;
        for (std::size_t begin = 2; begin < reference.size();) {
            auto const end = std::min(reference.find('/', begin), reference.size());
            if (at == nullptr) return nullptr;
            value = at->if_contains(reference.substr(begin, end - begin));
            if (value == nullptr) return nullptr;
            at = value->if_object();
            begin = end + 1;
        }
        return value;
    }

    void check_type(json::value const& v, json::value const& type, std::string const& place) {
        if (type.is_string() && has_type(v, text_of(type.as_string()))) return;
        if (type.is_array())
            for (auto const& one : type.as_array())
                if (has_type(v, text_of(one.as_string()))) return;
        say(place, "expected " + json::serialize(type) + ", found " + json::serialize(v));
    }

    void check_enum(json::value const& v, json::array const& choices, std::string const& place) {
        for (auto const& choice : choices)
            if (choice == v) return;
        say(place, json::serialize(v) + " is none of " + json::serialize(choices));
    }

    void check_one_of(json::value const& v, json::array const& choices, std::string const& place) {
        int fitting = 0;
        std::string reasons;
        for (auto const& choice : choices) {
            checker one(document_);
            one.check(v, choice, place);
            if (one.found.empty()) ++fitting;
            for (auto const& reason : one.found) reasons += "; " + reason;
        }
        if (fitting != 1) say(place, std::to_string(fitting) + " of oneOf fit" + reasons);
    }

    bool check_object(json::value const& v, std::string const& keyword, json::value const& argument,
                      json::object const& schema, std::string const& place) {
        if (keyword != "properties" && keyword != "required" && keyword != "additionalProperties") return false;
        auto const* object = v.if_object();
        if (object == nullptr) return true;
        if (keyword == "required") {
            for (auto const& name : argument.as_array())
                if (!object->contains(name.as_string())) say(place, "lacks " + text_of(name.as_string()));
            return true;
        }
        auto const* properties = schema.if_contains("properties");
        for (auto const& [name, member] : *object) {
            auto const* described = properties ? properties->as_object().if_contains(name) : nullptr;
            if (keyword == "properties" && described) check(member, *described, place + "/" + text_of(name));
            if (keyword == "additionalProperties" && !described) check(member, argument, place + "/" + text_of(name));
        }
        return true;
    }

    bool check_array(json::value const& v, std::string const& keyword, json::value const& argument,
                     std::string const& place) {
        if (keyword != "items" && keyword != "minItems" && keyword != "maxItems") return false;
        auto const* array = v.if_array();
        if (array == nullptr) return true;
        if (keyword == "items")
            for (std::size_t i = 0; i < array->size(); ++i)
                check((*array)[i], argument, place + "/" + std::to_string(i));
        if (keyword == "minItems" && array->size() < argument.to_number<std::size_t>()) say(place, "too few items");
        if (keyword == "maxItems" && array->size() > argument.to_number<std::size_t>()) say(place, "too many items");
        return true;
    }

    bool check_scalar(json::value const& v, std::string const& keyword, json::value const& argument,
                      std::string const& place) {
        if (keyword == "minimum" || keyword == "maximum") {
            if (!v.is_number()) return true;
            auto const number = v.to_number<double>();
            auto const bound = argument.to_number<double>();
            if (keyword == "minimum" ? number < bound : number > bound)
                say(place, "out of range: " + json::serialize(v));
            return true;
        }
        if (keyword != "pattern") return false;
        if (!v.is_string()) return true;
        if (!std::regex_search(text_of(v.as_string()), std::regex(text_of(argument.as_string()))))
            say(place, json::serialize(v) + " does not fit " + json::serialize(argument));
        return true;
    }

    json::object const& document_;
};

}  // namespace

std::vector<std::string> schema_violations(json::value const& instance, json::value const& schema,
                                           json::object const& document) {
    checker c(document);
    c.check(instance, schema, "");
    return std::move(c.found);
}

}  // namespace sma::test
