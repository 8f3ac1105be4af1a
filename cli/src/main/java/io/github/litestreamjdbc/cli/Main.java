package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicationException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParseResult;

/** Entry point. Exit codes: 0 done, 1 it failed or something is damaged, 2 what was asked for cannot be done. */
@Command(
        name = "litestream-jdbc",
        mixinStandardHelpOptions = true,
        description = "Restores, looks into and checks replicas of SQLite databases.",
        subcommands = {
            RestoreCommand.class,
            LtxCommand.class,
            HistoryCommand.class,
            VerifyCommand.class,
            DrillCommand.class,
            DatabasesCommand.class,
            StatusCommand.class,
            HelpCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:it failed, or something is damaged",
            "2:what was asked for cannot be done; the message says what to change, and nothing was written"
        })
public final class Main {
    private Main() {}

    /** Runs the command and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        // What a command has to say, it prints; the log would say it again.
        java.util.logging.Logger.getLogger("io.github.litestreamjdbc").setLevel(java.util.logging.Level.WARNING);
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine commands = new CommandLine(new Main());
        commands.setExecutionExceptionHandler(Main::failed);
        commands.setParameterExceptionHandler((e, arguments) -> {
            CommandLine command = e.getCommandLine();
            command.getErr()
                    .println(oneLine(e) + "; see " + command.getCommandSpec().qualifiedName() + " --help");
            return ExitCode.USAGE;
        });
        return commands;
    }

    private static int failed(Exception e, CommandLine command, ParseResult result) {
        PrintWriter err = command.getErr();
        err.println(oneLine(e));
        return e instanceof ReplicationException.Config ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    private static String oneLine(Exception e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return "Error: " + message.replaceAll("\\s*\\R\\s*", " ");
    }
}
