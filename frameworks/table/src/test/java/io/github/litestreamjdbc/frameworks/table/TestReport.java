package io.github.litestreamjdbc.frameworks.table;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * What a test class left behind.
 *
 * @param passed whether each of its tests passed, by name
 * @param classPath the jars that it ran with
 */
record TestReport(Map<String, Boolean> passed, String classPath) {
    private static final List<String> CONTRACT =
            List.of("worksOnPlainSqlite", "worksReplicated", "isKilledRestoredAndGoesOn");

    static TestReport read(Path file) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
        Map<String, Boolean> passed = new TreeMap<>();
        NodeList tests = document.getElementsByTagName("testcase");
        for (int i = 0; i < tests.getLength(); i++) {
            Element test = (Element) tests.item(i);
            boolean bad = test.getElementsByTagName("failure").getLength() > 0
                    || test.getElementsByTagName("error").getLength() > 0
                    || test.getElementsByTagName("skipped").getLength() > 0;
            passed.put(test.getAttribute("name"), !bad);
        }
        NodeList properties = document.getElementsByTagName("property");
        for (int i = 0; i < properties.getLength(); i++) {
            Element property = (Element) properties.item(i);
            if (property.getAttribute("name").equals("surefire.test.class.path")) {
                return new TestReport(passed, property.getAttribute("value"));
            }
        }
        throw new IllegalStateException(file + " tells no class path");
    }

    String versionOf(String artifact) {
        Pattern jar = Pattern.compile("/" + Pattern.quote(artifact) + "-(\\d[^/:]*)\\.jar");
        List<String> found = jar.matcher(classPath)
                .results()
                .map(MatchResult::group)
                .map(name -> name.substring(artifact.length() + 2, name.length() - ".jar".length()))
                .distinct()
                .toList();
        if (found.size() != 1) {
            throw new IllegalStateException(artifact + ": " + found);
        }
        return found.get(0);
    }

    String resultOf(String test) {
        Boolean result = passed.get(test);
        return result == null ? "not run" : result ? "passed" : "FAILED";
    }

    /** What the framework's module tests besides. */
    String others() {
        List<Boolean> results = passed.keySet().stream()
                .filter(name -> !CONTRACT.contains(name))
                .map(passed::get)
                .toList();
        return results.isEmpty()
                ? "–"
                : results.stream().filter(Boolean::booleanValue).count() + " of " + results.size() + " passed";
    }

    boolean isGood() {
        return passed.keySet().containsAll(CONTRACT) && passed.values().stream().allMatch(Boolean::booleanValue);
    }
}
