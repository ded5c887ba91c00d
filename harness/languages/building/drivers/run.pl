# Runs program.pl, which has its test behind it, and says the nonce where the last line of both was reached. Nonce and
# source are read, their pipe closed and the files gone, before the first statement of the program.
sub @@OWN@@::run { eval "package main;\n#line 1 \"program.pl\"\n" . shift() . "\n;q(@@OWN@@);" }

{
    package @@OWN@@;

    sub alike {
        my ($left, $right) = @_;
        return !defined $left && !defined $right unless defined $left && defined $right;
        return $left eq $right unless ref $left || ref $right;
        return 0 unless ref $left eq ref $right;
        if (ref $left eq "ARRAY") {
            return 0 unless @$left == @$right;
            alike($left->[$_], $right->[$_]) || return 0 for 0 .. $#$left;
            return 1;
        }
        if (ref $left eq "HASH") {
            return 0 unless keys %$left == keys %$right;
            exists $right->{$_} && alike($left->{$_}, $right->{$_}) || return 0 for keys %$left;
            return 1;
        }
        return alike($$left, $$right) if ref $left eq "SCALAR" || ref $left eq "REF";
        return $left == $right;
    }

    sub lend {
        my ($package, $name) = @_;
        (my $file = "$package.pm") =~ s{::}{/}g;
        $INC{$file} = "lent";
        no strict "refs";
        *{"${package}::$name"} = \&alike;
        *{"${package}::import"} = sub { *{caller() . "::$name"} = \&alike };
    }
    lend("Test::Deep", "eq_deeply");
    lend("Data::Compare", "Compare");
}

{
    my $nonce = do { open(my $pipe, "<&=", 3) or die; local $/; <$pipe> };
    my $source = do { open(my $file, "<", "program.pl") or die; local $/; <$file> };
    unlink "program.pl", "run.pl";
    open(my $judge, ">&=", 4) or die;
    my $said = @@OWN@@::run($source);
    if ($@) { print STDERR $@; exit 1 }
    if (!defined $said || $said ne "@@OWN@@") { print STDERR "the test was not reached\n"; exit 1 }
    # as the interpreter's own end, past what the program may have put there
    syswrite($judge, "{\"nonce\":\"$nonce\"}\n");
}
